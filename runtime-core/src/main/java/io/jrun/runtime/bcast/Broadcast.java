package io.jrun.runtime.bcast;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.StorageException;
import io.jrun.error.TransferException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Copies one file to each node of an allocation. On a node it is written under a name of its own, compared with its
 * digest, and only then gets its name, by one rename(2); so whatever ends this at whatever moment leaves no file that is
 * found and not whole.
 */
public final class Broadcast {

    /** What a node answers. */
    private static final String HAVE = "have";

    private static final String NEED = "need";

    /** Arguments: the final name, the digest. Makes the directory, closed to others, and looks whether a copy is there. */
    private static final String LOOK = """
            umask 077; directory=${1%/*}
            mkdir -p "$directory" && [ -w "$directory" ] || { echo "refused $directory"; exit 0; }
            find "$directory" -maxdepth 1 -name '.jrun-copy-*' -user "$(id -u)" -mmin +60 -exec rm -f {} + 2>/dev/null
            if [ -f "$1" ] && [ "$(sha256sum <"$1")" = "$2  -" ]; then echo have; else echo need; fi
            """;

    /** Arguments: the unfinished name, the final one, the digest. */
    private static final String PUBLISH = """
            [ -f "$1" ] || { echo absent; exit 0; }
            if [ "$(sha256sum <"$1")" = "$3  -" ]; then
                chmod 400 "$1" && mv -f "$1" "$2" && echo have || echo refused
            else
                echo "damaged $(stat -c %s "$1")"; rm -f "$1"
            fi
            """;

    /** Standard input to the unfinished name. */
    private static final String RECEIVE = "umask 077; cat >\"$1\" || rm -f \"$1\"";

    private static final String REMOVE = "rm -f \"$1\"";

    private final SlurmPrograms slurm;
    private final Consumer<String> talk;

    /** @param talk takes a line for each stage */
    public Broadcast(SlurmPrograms slurm, Consumer<String> talk) {
        this.slurm = slurm;
        this.talk = talk;
    }

    /**
     * Where the file lies on each node, and how it came there.
     *
     * @param copied the nodes that did not have it before
     */
    public record Result(String place, String digest, List<String> nodes, List<String> copied) {
        public Result {
            nodes = List.copyOf(nodes);
            copied = List.copyOf(copied);
        }
    }

    /**
     * @param digest of the source, SHA-256 in hexadecimal digits
     * @param place absolute, the same on all nodes
     */
    public Result copy(Path source, String digest, String place) throws IOException {
        String what = "copy " + source + " to the nodes";
        Map<String, String> found = slurm.onEachNode(what, LOOK, List.of(place, digest));
        requireNone(what, found, "refused");
        List<String> lacking = nodes(found, NEED);
        if (lacking.isEmpty()) {
            talk.accept(found.size() + " nodes have it already");
            return new Result(place, digest, List.copyOf(found.keySet()), List.of());
        }
        int slash = place.lastIndexOf('/');
        String unfinished =
                place.substring(0, slash) + "/.jrun-copy-" + slurm.unique() + "-" + place.substring(slash + 1);
        Thread clearing = new Thread(() -> removeQuietly(unfinished));
        Runtime.getRuntime().addShutdownHook(clearing);
        try {
            transfer(what, source, unfinished, place, digest, List.copyOf(found.keySet()));
        } finally {
            removeQuietly(unfinished);
            forget(clearing);
        }
        return new Result(place, digest, List.copyOf(found.keySet()), lacking);
    }

    private void transfer(String what, Path source, String unfinished, String place, String digest, List<String> nodes)
            throws IOException {
        talk.accept("sbcast to " + nodes.size() + " nodes");
        String refusal = slurm.broadcast(source, unfinished);
        Map<String, String> published = new LinkedHashMap<>();
        nodes.forEach(node -> published.put(node, "absent"));
        if (refusal.isEmpty()) {
            published.putAll(slurm.onEachNode(what, PUBLISH, List.of(unfinished, place, digest)));
        }
        List<String> missed = nodes(published, "absent");
        if (!missed.isEmpty()) {
            talk.accept("sbcast does not reach all nodes" + (refusal.isEmpty() ? "" : " (" + refusal + ")")
                    + "; through srun instead");
            handOn(what, source, unfinished, missed);
            Map<String, String> late = slurm.onEachNode(what, PUBLISH, List.of(unfinished, place, digest));
            missed.forEach(node -> published.put(node, late.getOrDefault(node, "absent")));
        }
        requireNone(what, published, "refused");
        for (Map.Entry<String, String> node : published.entrySet()) {
            if (!node.getValue().equals(HAVE)) {
                throw new CorruptDataException(
                        Failure.of(what, "what arrived on " + node.getKey() + " differs (DIGEST_INVALID)")
                                .comparing("sha256:" + digest, node.getValue())
                                .hint("`df` on that node shows whether there is room; then run it again"));
            }
        }
        talk.accept("checked on " + String.join(", ", published.keySet()));
    }

    /** One node gets it from here, then each that has it serves another: twice as many with each round. */
    private void handOn(String what, Path source, String unfinished, List<String> nodes) throws IOException {
        slurm.feed(what, RECEIVE, unfinished, source, nodes.get(0));
        int having = 1;
        while (having < nodes.size()) {
            talk.accept(having + " of " + nodes.size() + " nodes have it");
            Map<String, String> pairs = new LinkedHashMap<>();
            for (int i = 0; i < having && having + i < nodes.size(); i++) {
                pairs.put(nodes.get(i), nodes.get(having + i));
            }
            slurm.relay(what, RECEIVE, unfinished, pairs);
            having += pairs.size();
        }
    }

    private static List<String> nodes(Map<String, String> answers, String word) {
        List<String> nodes = new ArrayList<>();
        answers.forEach((node, answer) -> {
            if (answer.startsWith(word)) {
                nodes.add(node);
            }
        });
        return nodes;
    }

    private static void requireNone(String what, Map<String, String> answers, String word) throws StorageException {
        List<String> nodes = nodes(answers, word);
        if (!nodes.isEmpty()) {
            throw new StorageException(
                    Failure.of(what, "the directory cannot be written on " + String.join(", ", nodes) + " (EACCES)")
                            .hint("name another one, behind the image or as local-images in the configuration"));
        }
    }

    private void removeQuietly(String unfinished) {
        try {
            slurm.onEachNode("clean up", REMOVE, List.of(unfinished));
        } catch (IOException theNextOneRemovesIt) {
            talk.accept("left " + unfinished + " for the next jrun bcast or jrun gc to remove");
        }
    }

    private static void forget(Thread clearing) {
        try {
            Runtime.getRuntime().removeShutdownHook(clearing);
        } catch (IllegalStateException dyingAlready) {
            clearing.setName("clearing"); // it runs, and finds nothing to remove
        }
    }

    /** @throws HostUnsupportedException outside of an allocation */
    public static void requireAllocation(Map<String, String> environment, String what) throws HostUnsupportedException {
        if (environment.getOrDefault("SLURM_JOB_ID", "").isEmpty()) {
            throw new HostUnsupportedException(
                    Failure.of(what, "this is no allocation of Slurm (SLURM_JOB_ID is not set)")
                            .hint("run it in a batch script, or in a shell of salloc"));
        }
    }

    /** Answers of nodes, a line "NODE ANSWER" each. */
    static Map<String, String> answers(String what, String output, int nodes) throws TransferException {
        Map<String, String> answers = new LinkedHashMap<>();
        output.lines().sorted().forEach(line -> {
            int blank = line.indexOf(' ');
            if (blank > 0) {
                answers.put(line.substring(0, blank), line.substring(blank + 1));
            }
        });
        if (answers.size() != nodes) {
            throw new TransferException(Failure.of(what, "not all nodes answered (ETIMEDOUT)")
                    .comparing(nodes + " nodes", String.join(", ", answers.keySet()))
                    .hint("`sinfo -R` tells which node is ill"));
        }
        return answers;
    }
}
