// Package tally counts what models do, as Triton's statistics extension reports it.
package tally
