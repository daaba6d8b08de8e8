// Package discovery finds the addresses of a server, and finds out when they change.
//
//	go discovery.Watch(ctx, target, interval, func(addresses []string, err error) { … })
package discovery
