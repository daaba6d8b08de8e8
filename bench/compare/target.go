package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// target is something to send requests to. Direct, the model server itself, has no process of its own.
type target struct {
	name    string
	process *process
	grpc    string
	rest    string
}

// kinds of target, in the order of the table.
const (
	direct    = "direct"
	manifold  = "manifold"
	twin      = "twin"
	naiveGRPC = "naive"
	naiveJSON = "naive grpc-gateway"
	nginx     = "nginx"
	haproxy   = "haproxy"
)

// order is a target to start in front of upstream.
type order struct {
	name        string
	upstream    string
	resources   string // of the gateway
	folder      string // for its files
	connections int    // that it must take; 0: a few
}

// launch starts a target. nil, without an error, when its program is not installed.
func launch(ctx context.Context, o options, want order) (*target, error) {
	name, upstream := want.name, want.upstream
	switch name {
	case direct:
		return &target{name: name, grpc: upstream}, nil
	case nginx, haproxy:
		return launchProxy(ctx, want)
	case twin:
		return launchManifold(ctx, o.twin, want)
	case naiveGRPC:
		p, address, err := role(ctx, "naive", upstream)
		return &target{name: name, process: p, grpc: address}, err
	case naiveJSON:
		p, address, err := role(ctx, "naive-json", upstream)
		return &target{name: name, process: p, rest: address}, err
	}
	return launchManifold(ctx, o.gateway, want) // under its own name, or with the resources of another
}

func launchManifold(ctx context.Context, binary string, want order) (*target, error) {
	t := &target{name: want.name}
	ports, err := freePorts(ctx, 2)
	if err != nil {
		return nil, err
	}
	t.grpc, t.rest = ports[0], ports[1]
	file := filepath.Join(want.folder, want.name+".yaml")
	text := fmt.Sprintf(gatewayResource, t.rest, t.grpc) + want.resources
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	t.process, _, err = spawn(ctx, binary, "serve", "-f", file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; make build makes it", binary, err)
	}
	return t, t.await(ctx)
}

const gatewayResource = `apiVersion: manifold.dev/v1alpha1
kind: Gateway
metadata: {name: compare}
spec:
  listeners: {rest: %q, grpc: %q, admin: "off"}
  limits: {messageBytes: 2GiB, inflightBytes: 8GiB, streamsPerConnection: 1024, connections: 20000}
`

func launchProxy(ctx context.Context, want order) (*target, error) {
	name, folder := want.name, want.folder
	binary, err := lookup(name)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // a peer that is not installed is left out
	}
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	t := &target{name: name, grpc: ports[0]}
	file := filepath.Join(folder, name+".conf")
	config, args := nginxConfig, []string{"-c", file, "-p", folder}
	if name == haproxy {
		config, args = haproxyConfig, []string{"-f", file}
	}
	text := strings.NewReplacer("LISTEN", t.grpc, "UPSTREAM", want.upstream, "FOLDER", folder,
		"CONNECTIONS", strconv.Itoa(max(fewConnections, want.connections))).Replace(config)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	if t.process, _, err = spawn(ctx, binary, args...); err != nil {
		return nil, err
	}
	return t, t.await(ctx)
}

func lookup(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/" + name)
}

// await waits until something listens at the target's address.
func (t *target) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "tcp", t.grpc)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s does not listen at %s: %w\n%s", t.name, t.grpc, err, t.process.errors.String())
		}
	}
}

func (t *target) close() {
	if t != nil && t.process != nil {
		t.process.kill()
	}
}

// freePorts are addresses of loopback that nobody listens at, for programs that cannot tell which one they chose.
func freePorts(ctx context.Context, n int) ([]string, error) {
	var all []string
	var faults []error
	for range n {
		var config net.ListenConfig
		l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { faults = append(faults, l.Close()) }()
		all = append(all, l.Addr().String())
	}
	return all, errors.Join(faults...)
}

// fewConnections are as many as the cells need; nginx makes room for each when it starts.
const fewConnections = 4096

// The peers' configurations: one worker each, as they come, with buffers that large messages need.
const (
	nginxConfig = `worker_processes 1;
daemon off;
pid FOLDER/nginx.pid;
error_log FOLDER/nginx.log;
events { worker_connections CONNECTIONS; }
http {
  access_log off;
  client_max_body_size 0;
  client_body_buffer_size 1m;
  client_body_temp_path FOLDER/body;
  proxy_temp_path FOLDER/proxy;
  fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi;
  scgi_temp_path FOLDER/scgi;
  http2_max_concurrent_streams 1024;
  keepalive_requests 1000000000;
  upstream model { server UPSTREAM; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen LISTEN http2;
    http2_chunk_size 128k;
    location / { grpc_pass grpc://model; grpc_buffer_size 1m; grpc_read_timeout 1h; grpc_send_timeout 1h; }
  }
}
`
	haproxyConfig = `global
  nbthread 1
  maxconn CONNECTIONS
defaults
  mode http
  timeout connect 10s
  timeout client 1h
  timeout server 1h
frontend in
  bind LISTEN proto h2
  default_backend model
backend model
  server model UPSTREAM proto h2
`
)
