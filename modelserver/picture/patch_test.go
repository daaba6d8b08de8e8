package picture_test

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// patchSize writes other dimensions into the header of a PNG file, whose checksum is right again afterwards.
func patchSize(data []byte, width, height uint32) []byte {
	const chunk, sizes, body = 12, 16, 17 // IHDR: type, width and height, type with body
	data = slices.Clone(data)
	binary.BigEndian.PutUint32(data[sizes:], width)
	binary.BigEndian.PutUint32(data[sizes+4:], height)
	binary.BigEndian.PutUint32(data[chunk+body:], crc32.ChecksumIEEE(data[chunk:][:body]))
	return data
}
