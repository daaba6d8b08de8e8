// Package bench measures the gateway as a whole; `make bench` runs it together with the benchmarks of the rooms.
//
// Client, gateway and upstream run in one process on loopback, so a figure is the cost of all three, and the gateway's own is the
// difference to the row named direct of the same run. Ratios within one run are what to read: times move with the machine.
package bench
