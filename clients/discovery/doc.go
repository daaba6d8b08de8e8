// Package discovery finds the addresses of a server, and finds out when they change.
//
//	go discovery.Watch(ctx, target, interval, discovery.Alarm{}, func(addresses []string, err error) { … })
//
// A target that stands for addresses which may change is a name, dns:///HOST:PORT, or a file, file:PATH. Neither a name server nor
// whoever writes a file is trusted to be right each time: what cannot be found or read leaves in force what was told before, and what is
// found is bounded.
package discovery
