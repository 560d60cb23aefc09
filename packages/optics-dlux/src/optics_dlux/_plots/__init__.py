"""What fits of telescopes look like; needs matplotlib when it draws."""
