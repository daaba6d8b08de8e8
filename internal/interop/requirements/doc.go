// Package requirements makes the Python environments of the real clients and servers from its lists, in which everything is pinned, and has
// the commands that run them. An environment lies in a cache folder under its list's name and a hash of its content, Python's version and
// the recipe; a stamp tells that it is complete. Whoever starts the commands ends them.
package requirements
