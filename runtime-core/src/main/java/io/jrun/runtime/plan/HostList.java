package io.jrun.runtime.plan;

import java.util.Optional;

/** Names of nodes as Slurm abbreviates them: {@code gpu[01-03,7],login}. Source: scontrol(1), "hostlist". */
final class HostList {

    private HostList() {}

    /** The first of them; empty where the brackets are not those of a list. */
    static Optional<String> first(String list) {
        StringBuilder name = new StringBuilder();
        int at = 0;
        while (at < list.length() && list.charAt(at) != ',') {
            if (list.charAt(at) != '[') {
                name.append(list.charAt(at++));
                continue;
            }
            int close = list.indexOf(']', at);
            if (close < 0) {
                return Optional.empty();
            }
            String numbers = list.substring(at + 1, close);
            name.append(numbers.split("[,-]", -1)[0]);
            at = close + 1;
        }
        return name.isEmpty() || name.indexOf("]") >= 0 ? Optional.empty() : Optional.of(name.toString());
    }
}
