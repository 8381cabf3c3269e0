package io.jrun.cli;

import io.jrun.cli.host.Cleaning;
import io.jrun.cli.host.HostOperations;
import io.jrun.runtime.check.Judgement;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A host that gives the answers it was made with, and remembers what it was to clean. */
final class FakeHost implements HostOperations {

    final List<Object> cleaned = new ArrayList<>();
    private final Judgement judgement;
    private final Cleaning cleaning;

    FakeHost(Judgement judgement, Cleaning cleaning) {
        this.judgement = judgement;
        this.cleaning = cleaning;
    }

    @Override
    public Judgement check() {
        return judgement;
    }

    @Override
    public Cleaning clean(List<Path> directories, Effect effect) {
        cleaned.add(List.of(directories, effect));
        return cleaning;
    }
}
