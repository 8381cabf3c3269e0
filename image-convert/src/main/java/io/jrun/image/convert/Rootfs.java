package io.jrun.image.convert;

import io.jrun.image.layer.MergeReport;
import io.jrun.image.tree.FileTree;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A root filesystem that was read.
 *
 * @param provenance what is known of the image that it was
 * @param report of the merge, where there was one
 * @param losses what could not be kept, one sentence with its count each; recorded in the result
 * @param notes what else is worth telling, but not recording
 */
public record Rootfs(
        FileTree tree, Provenance provenance, Optional<MergeReport> report, List<String> losses, List<String> notes) {

    public Rootfs {
        losses = List.copyOf(losses);
        notes = List.copyOf(notes);
    }

    Rootfs withLosses(List<String> all) {
        return new Rootfs(tree, provenance, report, all, notes);
    }

    /** What a user is told. */
    List<String> told(List<String> moreLosses) {
        List<String> all = new ArrayList<>(losses);
        all.addAll(moreLosses);
        all.addAll(notes);
        return all;
    }

    Rootfs withTree(FileTree changed) {
        return new Rootfs(changed, provenance, report, losses, notes);
    }
}
