// Package oiptest is what the tests of every room need: a buffer pool that counts, messages to send, and model servers to
// send them to.
package oiptest
