package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/config"
)

// sources are where resources come from.
type sources struct {
	files     []string
	upstreams []string
}

func (s *sources) bind(c *cobra.Command) {
	c.Flags().StringArrayVarP(&s.files, "file", "f", nil, "resources: a file, a folder, a glob, or - for standard input (repeatable)")
	c.Flags().StringArrayVar(&s.upstreams, "upstream", nil, "HOST:PORT or http://HOST:PORT of a model server; the same as a ModelServer that exposes all its models (repeatable)")
}

func (s *sources) load(c *cobra.Command) (*config.Resources, error) {
	if len(s.files) == 0 && len(s.upstreams) == 0 {
		return nil, errors.New("nothing to serve: name resources with -f, or a model server with --upstream HOST:PORT")
	}
	resources, err := config.Load(s.files, c.InOrStdin())
	if err != nil {
		return nil, err
	}
	for _, target := range s.upstreams {
		server := config.ModelServer{Spec: clients.Options{Targets: []string{target}}}
		server.Metadata.Name = target
		server.Source = config.Source{File: "--upstream"}
		if err := errors.Join(server.Spec.Validate()...); err != nil {
			return nil, err
		}
		resources.ModelServers = append(resources.ModelServers, server)
	}
	return resources, nil
}
