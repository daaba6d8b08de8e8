// Command grpc-client asks an InferenceGraph what is on a picture, with the generated stubs and nothing else of Manifold.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

func main() {
	log.SetFlags(0)
	address := flag.String("address", "localhost:8001", "the gateway's gRPC address")
	model := flag.String("model", "image-processing-graph", "the model or graph to ask")
	picture := flag.String("picture", "examples/animals-and-plants/pictures/dog.png", "a PNG or JPEG file")
	flag.Parse()
	label, err := classify(context.Background(), *address, *model, *picture)
	if err != nil {
		log.Fatal("error: ", err)
	}
	fmt.Println(label)
}

// classify sends a picture to a model and returns the first label of its answer.
func classify(ctx context.Context, address, model, picture string) (string, error) {
	data, err := os.ReadFile(picture) //nolint:gosec // the user names the file
	if err != nil {
		return "", fmt.Errorf("%w: run this at the top of the repository, or name a file with -picture", err)
	}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // the call has ended
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	resp, err := inferencepb.NewGRPCInferenceServiceClient(conn).ModelInfer(ctx, &inferencepb.ModelInferRequest{
		ModelName: model,
		Inputs: []*inferencepb.ModelInferRequest_InferInputTensor{{
			Name: "image", Datatype: "BYTES", Shape: []int64{1, 1},
			Contents: &inferencepb.InferTensorContents{BytesContents: [][]byte{data}},
		}},
	})
	switch status.Code(err) {
	case codes.OK:
		return firstLabel(resp.GetRawOutputContents())
	case codes.Unavailable:
		return "", fmt.Errorf("no answer from %s, is `make run` running? (%s)", address, status.Convert(err).Message())
	}
	return "", fmt.Errorf("%s answers %v: %s", address, status.Code(err), status.Convert(err).Message())
}

// firstLabel reads the first element of the first output: BYTES elements are their length in 4 bytes, then as many bytes.
func firstLabel(outputs [][]byte) (string, error) {
	if len(outputs) == 0 || len(outputs[0]) < 4 {
		return "", errors.New("the answer holds no label")
	}
	length, rest := binary.LittleEndian.Uint32(outputs[0]), outputs[0][4:]
	if uint64(length) > uint64(len(rest)) {
		return "", errors.New("the answer's label breaks off")
	}
	return string(rest[:length]), nil
}
