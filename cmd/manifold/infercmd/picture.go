package infercmd

import (
	"fmt"
	"net/http"

	"github.com/manifold-serving/manifold/infer"
)

// fromPictures makes tensors of --image: the files as they are, one BYTES element each. Of one input they make a batch.
func (i *inferCall) fromPictures(known *infer.Metadata) ([]infer.TensorData, error) {
	batches := map[string][]string{}
	var names []string
	for _, flag := range i.pictures {
		name, file, err := splitFile("--image", flag, known, infer.Bytes)
		if err != nil {
			return nil, err
		}
		picture, err := readPicture(file)
		if err != nil {
			return nil, err
		}
		if _, had := batches[name]; !had {
			names = append(names, name)
		}
		batches[name] = append(batches[name], picture)
	}
	all := make([]infer.TensorData, len(names))
	for n, name := range names {
		all[n] = pictureTensor(findInput(known, name), name, batches[name])
	}
	return all, nil
}

func readPicture(file string) (string, error) {
	data, err := readInferFile("--image", file)
	if err != nil {
		return "", err
	}
	if kind := http.DetectContentType(data); kind != "image/png" && kind != "image/jpeg" {
		return "", fmt.Errorf("--image: %s is neither a PNG nor a JPEG picture but %s", file, kind)
	}
	return string(data), nil
}

// pictureTensor has a row for each picture, [n,1], unless the model describes its pictures in another way, such as [-1].
func pictureTensor(described infer.TensorMetadata, name string, pictures []string) infer.TensorData {
	shape := infer.Shape{int64(len(pictures)), 1}
	if described.DataType == infer.Bytes && len(described.Shape) == 1 {
		shape = shape[:1]
	}
	return tensorData(name, infer.Bytes, shape, infer.RawStrings(pictures...))
}
