package io.jrun.cli.host;

import java.util.List;

/** What came of it. */
public record Cleaning(List<Leftover> removed, List<Kept> kept) {

    /** @param why it could not be removed */
    public record Kept(Leftover leftover, String why) {}

    public Cleaning {
        removed = List.copyOf(removed);
        kept = List.copyOf(kept);
    }
}
