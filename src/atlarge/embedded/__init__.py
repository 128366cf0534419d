"""The store that ships with the package, as counts; rebuilt by `make embedded DATA=FOLDER`."""
