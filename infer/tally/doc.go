// Package tally counts what models do, as Triton's statistics extension reports it.
//
// Where a server tells its own statistics, those count. A [Counter] is for what has none: models of this process, graphs and their
// steps, servers of other kinds.
package tally
