package io.jrun.judge;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The program under test, run by one account with an empty home of its own. */
record Jrun(Account account, Path home) {

    static Jrun as(Account account) {
        return new Jrun(account, Workbench.newFolder("home", account));
    }

    /** A command line that can still be changed before it runs. */
    Command command(String... arguments) {
        List<String> words = new ArrayList<>();
        words.add(Workbench.launcher().toString());
        words.addAll(List.of(arguments));
        return Command.of(words).as(account).in(home).with("HOME", home.toString());
    }

    Command.Result run(String... arguments) {
        return command(arguments).run();
    }

    Path file(String name) {
        return home.resolve(name);
    }

    Path rootfs(String container) {
        return home.resolve(".local/share/jrun/containers").resolve(container).resolve("rootfs");
    }

    /** Imports the image and creates a container of it. */
    Path create(String reference, String container) {
        Path image = file(container + ".sqsh");
        run("import", "-q", "-o", image.toString(), reference).orFail();
        run("create", "-n", container, image.toString()).orFail();
        return image;
    }
}
