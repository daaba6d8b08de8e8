package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/manifold-serving/manifold"
)

func newValidateCommand() *cobra.Command {
	var from sources
	c := &cobra.Command{
		Use:   "validate -f FILE",
		Short: "Check resources without serving them",
		Long: `Checks everything that can be known without calling a server or loading a model: syntax, fields, names, and that every graph
compiles. All faults are printed at once, each with its file and line. Warnings do not make it fail.`,
		Example: `  manifold validate -f examples/animals-and-plants
  kubectl get inferencegraph my-graph -o yaml | manifold validate -f -`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			resources, err := from.load(c)
			if err != nil {
				return err
			}
			warnings, err := manifold.Check(c.Context(), resources)
			for _, w := range warnings {
				fmt.Fprintln(c.ErrOrStderr(), "warning: "+w)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "valid: %d InferenceGraphs, %d InferenceServices, %d ModelServers\n",
				len(resources.InferenceGraphs), len(resources.InferenceServices), len(resources.ModelServers))
			return err
		},
	}
	from.bind(c)
	return c
}
