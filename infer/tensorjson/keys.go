package tensorjson

import (
	"fmt"
	"slices"
)

// keySet tells which names an object or a list has had. Most have few, and then no map is made.
type keySet struct {
	few   [fewKeys]string
	count int // of few
	many  map[string]struct{}
}

const fewKeys = 8

// add is false when key is in the set already.
func (k *keySet) add(key string) bool {
	if k.many == nil {
		if slices.Contains(k.few[:k.count], key) {
			return false
		}
		if k.count < fewKeys {
			k.few[k.count] = key
			k.count++
			return true
		}
		k.spill()
	}
	if _, had := k.many[key]; had {
		return false
	}
	k.many[key] = struct{}{}
	return true
}

func (k *keySet) spill() {
	k.many = make(map[string]struct{}, 2*fewKeys)
	for _, key := range k.few {
		k.many[key] = struct{}{}
	}
}

// members are the known keys that an object has had, a bit each. Decoders differ in which of two counts, so a second is refused.
type members uint

func (m *members) once(bit uint, key []byte) error {
	if *m&(1<<bit) != 0 {
		return fmt.Errorf("key %q is there twice; send it once", key)
	}
	*m |= 1 << bit
	return nil
}
