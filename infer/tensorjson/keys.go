package tensorjson

import "fmt"

// keySet tells which names an object or a list has had. Most are short, and then no map is made.
type keySet struct {
	few  []string
	many map[string]struct{}
}

const fewKeys = 16

// add is false when key is in the set already.
func (k *keySet) add(key string) bool {
	if k.many == nil {
		for _, had := range k.few {
			if had == key {
				return false
			}
		}
		if k.few = append(k.few, key); len(k.few) > fewKeys {
			k.spill()
		}
		return true
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
	k.few = nil
}

// members are the known keys that an object has had, a bit each. Decoders differ in which of two counts, so a second is refused.
type members uint

func (m *members) once(bit uint, key string) error {
	if *m&(1<<bit) != 0 {
		return fmt.Errorf("key %q is there twice; send it once", key)
	}
	*m |= 1 << bit
	return nil
}
