package io.jrun.runtime.oci;

import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/** Numbers of signals, which x86-64 and aarch64 share. Source: signal(7). */
final class Signals {

    private static final int LAST = 64;

    /** In the order of their numbers, from 1 on. */
    private static final List<String> NAMES = List.of(
            "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
            "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
            "WINCH", "IO", "PWR", "SYS");

    private Signals() {}

    static OptionalInt number(String text) {
        if (text.matches("[0-9]{1,2}")) {
            int number = Integer.parseInt(text);
            return number <= LAST ? OptionalInt.of(number) : OptionalInt.empty();
        }
        String name = text.toUpperCase(Locale.ROOT).replaceFirst("^SIG", "");
        int place = NAMES.indexOf(name);
        return place >= 0 ? OptionalInt.of(place + 1) : OptionalInt.empty();
    }
}
