import signal

# A runner in the background hands down an ignored SIGINT; what the tests start must be able to take one.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.fixtures.cluster", "tests.fixtures.servers"]
