// Package fleet is the endpoints of a model server and everything that decides which of them is called: discovery finds them, balance
// chooses, admission bounds, dispatch calls, and their health is asked. clients and clients/rest bring the connections.
package fleet
