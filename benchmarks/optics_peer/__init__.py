"""What runs in the environments of the peers of optics_speed.py."""
