package tensorjson

//go:generate go test -run TestPowersOfTen -update

// uint128 is a whole number of 128 bits.
type uint128 struct{ hi, lo uint64 }

// The powers of ten that the table holds: floats to text needs -292 to 324, text to floats -342 to 308.
const (
	lowestPower  = -342
	highestPower = 324
)

// powerOfTen is the upper 128 bits of 10^e, the rest cut off: 10^e is from it × 2^(log2Of10(e)-127) up to one more.
func powerOfTen(e int) uint128 { return powersOfTen[e-lowestPower] }
