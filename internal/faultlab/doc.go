// Package faultlab runs the gateway between a load that counts every answer and model servers that misbehave. A [Scenario] is a short
// file: the servers, the load, what goes wrong when, and what must hold.
//
//	servers:
//	  - {name: pool, backends: 3, workers: 8, serviceTime: 10ms}
//	load:
//	  - {model: echo, rate: 400, calls: 2000, deadline: 1s, failed: 0}
//	faults:
//	  - {at: 1s, do: stop, to: [pool/0]}
//	  - {at: 31s, do: continue, to: [pool/0]}
//	expect: {ejectedWithin: 300ms, fullShareWithin: 10s}
//
// `make faults` runs them all, each with a gateway and servers that are processes of their own, and prints a table. `make quickfaults`,
// part of `make test`, runs those that have a shorter form under quick, and judges what can be counted, not what takes its time: a
// machine on which a compiler runs has other latencies.
//
// Its parts are of use alone: package backend is the servers, toxic the networks, load the callers with their ledger, witness what
// watches a process.
package faultlab
