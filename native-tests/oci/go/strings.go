package strings

func CutPrefix(text, start string) (string, bool) {
	return TrimPrefix(text, start), HasPrefix(text, start)
}
