package onnx

import "fmt"

// readValue reads a serialized ValueInfoProto.
func readValue(message []byte) (v value, err error) {
	err = eachField(message, func(f field) error {
		switch f.id {
		case 1:
			v.name = string(f.value)
		case 2: // type
			return v.readType(f.value)
		}
		return nil
	})
	return v, err
}

func (v *value) readType(message []byte) error {
	return eachField(message, func(f field) error {
		if f.id != 1 { // tensor_type; the others are sequences, maps, …
			return nil
		}
		v.tensor = true
		return v.readTensorType(f.value)
	})
}

func (v *value) readTensorType(message []byte) error {
	return eachField(message, func(f field) error {
		switch f.id {
		case 1:
			v.elem = f.number
		case 2: // shape
			v.shaped = true
			return v.readShape(f.value)
		}
		return nil
	})
}

func (v *value) readShape(message []byte) error {
	return eachField(message, func(f field) error {
		if f.id != 1 { // dim
			return nil
		}
		d := dim{size: -1}
		err := eachField(f.value, func(f field) error {
			switch f.id {
			case 1:
				d = dim{size: int64(f.number)}
			case 2:
				d = dim{size: -1, name: string(f.value)}
			}
			return nil
		})
		if d.size < 1 {
			d.size = -1
		}
		v.dims = append(v.dims, d)
		return err
	})
}

// dynamic tells whether the size of an axis of v is left to the request.
func (v *value) dynamic(axis int) bool { return v.dims[axis].size < 0 }

// info is v as the package shows it.
func (v *value) info() TensorInfo {
	t := TensorInfo{Name: v.name, DataType: datatypes[v.elem].name}
	if v.shaped {
		t.Dims = make([]int64, len(v.dims))
	}
	for i, d := range v.dims {
		t.Dims[i] = d.size
	}
	return t
}

// check refuses what cannot cross the border of this package.
func (v *value) check() error {
	if v.name == "" || !v.tensor {
		return fmt.Errorf("%w: %q is not a named tensor", ErrUnsupported, v.name)
	}
	if v.elem == stringType {
		return fmt.Errorf("%w: %q is a BYTES tensor: BYTES needs a model server "+
			"(serve the model there and name it in a ModelServer)", ErrUnsupported, v.name)
	}
	if _, ok := datatypes[v.elem]; !ok {
		return fmt.Errorf("%w: %q has ONNX element type %d, which has no OIP datatype",
			ErrUnsupported, v.name, v.elem)
	}
	return nil
}
