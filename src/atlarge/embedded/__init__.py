"""The store that ships with the package: counts by day, place and method, rebuilt by `make embedded DATA=FOLDER`."""
