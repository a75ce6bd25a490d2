"""One ordered stream out of a run's logs and of what its backend says: followed, stored, passed on."""
