package modelserver

import (
	"fmt"
	"strings"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// The parameters of config.pbtxt that are Manifold's own.
const (
	ownParameters = "manifold_"
	imageInput    = "manifold_image_input"
	labelOutput   = "manifold_label_output"
)

// refuseParameter refuses parameters of ours that there are not: a misspelt one would just not work.
func refuseParameter(key string) error {
	if !strings.HasPrefix(key, ownParameters) || key == imageInput || key == labelOutput {
		return nil
	}
	return fmt.Errorf("parameter %q is unknown; there are %s and %s", key, imageInput, labelOutput)
}

// parameter is the value of one of our parameters, empty when it is not given.
func parameter(config *inferencepb.ModelConfig, key string) string {
	return config.GetParameters()[key].GetStringValue()
}
