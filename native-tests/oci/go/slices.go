// Package slices is what the suite takes of a package that Go has since 1.21.
package slices

func Contains[E comparable](all []E, one E) bool {
	for _, each := range all {
		if each == one {
			return true
		}
	}
	return false
}

func Clone[E any](all []E) []E {
	return append([]E(nil), all...)
}

func DeleteFunc[E any](all []E, isUnwanted func(E) bool) []E {
	kept := all[:0]
	for _, each := range all {
		if !isUnwanted(each) {
			kept = append(kept, each)
		}
	}
	return kept
}
