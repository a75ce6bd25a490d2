"""Where users want to be told of their runs: adding, listing and removing, and how a message is signed and sent."""
