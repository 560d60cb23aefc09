"""Light profiles: surface brightness on a grid."""
