package io.jrun.cli.cache;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.TalkOptions;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code jrun cache verify}. */
@Command(
        name = "verify",
        description = "Read every blob; remove and list those that are not what their digest says.",
        footer = {"", "Example:", "  jrun cache verify"})
final class CacheVerifyCommand implements Callable<Integer> {

    private final Console console;
    private final CacheOperations operations;

    @Mixin
    TalkOptions talk;

    CacheVerifyCommand(Console console, CacheOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        List<CacheEntry> damaged = operations.removeDamaged();
        if (damaged.isEmpty()) {
            return ExitCode.SUCCESS.number();
        }
        console.result(CacheListing.table(damaged));
        return ExitCode.CORRUPT_DATA.number();
    }
}
