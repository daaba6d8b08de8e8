// Package units has durations and sizes as people write them in resources: 5s, 64MiB.
package units
