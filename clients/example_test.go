package clients_test

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

func ExampleServer_Model() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	stop, _ := (&fake{}).serveOn(listener)
	defer stop()

	server, err := clients.Open("vision", clients.Options{Targets: []string{listener.Addr().String()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()

	request := infer.NewRequest(infer.Head{ModelName: "resnet"}, []infer.TensorData{{
		Name: "image", DataType: infer.Uint8, Shape: infer.Shape{4}, Data: mem.SliceBuffer{1, 2, 3, 4},
	}}, nil)
	defer request.Free()
	response, err := server.Model("resnet").Infer(context.Background(), request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Free()
	fmt.Println(response.ModelName())
	// Output: fake
}

func ExampleOpen_faults() {
	_, err := clients.Open("vision", clients.Options{Targets: []string{"grpc://vision:8000"}, Connections: -1})
	fmt.Println(err)
	// Output:
	// targets[0]: "grpc://vision:8000" is a URL or a path; write HOST:PORT of its gRPC port, dns:///HOST:PORT or unix:PATH
	// connections: -1 is not between 1 and 64
}
