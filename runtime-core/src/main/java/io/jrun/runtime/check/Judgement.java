package io.jrun.runtime.check;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.util.ArrayList;
import java.util.List;

/**
 * The findings of a check.
 *
 * @param findings in the order in which a start needs their subjects
 */
public record Judgement(List<Finding> findings) {

    public Judgement {
        findings = List.copyOf(findings);
    }

    /** A pure function: the same evidence has the same findings. */
    public static Judgement of(Evidence evidence) {
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok("kernel", "kernel", "Linux " + evidence.kernel().release()));
        findings.addAll(NamespaceJudgement.judge(evidence.kernel(), evidence.start()));
        findings.add(NamespaceJudgement.others(evidence.kernel()));
        findings.add(NamespaceJudgement.subordinateIds(evidence.subordinateIds()));
        findings.addAll(StorageJudgement.judge(evidence.overlays(), evidence.places(), evidence.runtimeDirectory()));
        findings.add(SurroundingsJudgement.fuse(evidence.fuse()));
        findings.add(SurroundingsJudgement.cgroup(evidence.cgroup()));
        evidence.devices().forEach(devices -> findings.add(SurroundingsJudgement.devices(devices)));
        findings.add(SurroundingsJudgement.specs(evidence.specs()));
        findings.add(SurroundingsJudgement.job(evidence.job()));
        findings.add(SurroundingsJudgement.java(evidence.java()));
        return new Judgement(findings);
    }

    /**
     * The lines of these keys, or of these kinds: "overlay" for all overlays. None for all lines.
     *
     * @throws UsageException when a key has no line
     */
    public Judgement only(List<String> keys) throws UsageException {
        List<Finding> wanted = new ArrayList<>();
        for (Finding finding : findings) {
            if (keys.isEmpty() || keys.stream().anyMatch(key -> isOf(finding, key))) {
                wanted.add(finding);
            }
        }
        for (String key : keys) {
            if (wanted.stream().noneMatch(finding -> isOf(finding, key))) {
                throw new UsageException(Failure.of("check \"" + key + "\"", "there is no line of that name")
                        .hint("name some of "
                                + String.join(
                                        ", ",
                                        findings.stream().map(Finding::key).toList())));
            }
        }
        return new Judgement(wanted);
    }

    private static boolean isOf(Finding finding, String key) {
        return finding.key().equals(key) || finding.key().startsWith(key + ".");
    }

    /** The worst of all findings. */
    public Verdict verdict() {
        Verdict worst = Verdict.OK;
        for (Finding finding : findings) {
            worst = finding.verdict().compareTo(worst) > 0 ? finding.verdict() : worst;
        }
        return worst;
    }
}
