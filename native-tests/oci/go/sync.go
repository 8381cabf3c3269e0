package sync

func OnceValue[A any](find func() A) func() A {
	var once Once
	var found A
	return func() A {
		once.Do(func() { found = find() })
		return found
	}
}

func OnceValues[A, B any](find func() (A, B)) func() (A, B) {
	var once Once
	var first A
	var second B
	return func() (A, B) {
		once.Do(func() { first, second = find() })
		return first, second
	}
}
