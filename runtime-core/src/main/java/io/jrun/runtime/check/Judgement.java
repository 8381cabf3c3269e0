package io.jrun.runtime.check;

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
        findings.addAll(StorageJudgement.judge(evidence.overlays(), evidence.places(), evidence.runtimeDirectory()));
        findings.add(SurroundingsJudgement.fuse(evidence.fuse()));
        findings.add(SurroundingsJudgement.cgroup(evidence.cgroup()));
        evidence.devices().forEach(devices -> findings.add(SurroundingsJudgement.devices(devices)));
        findings.add(SurroundingsJudgement.job(evidence.job()));
        findings.add(SurroundingsJudgement.java(evidence.java()));
        return new Judgement(findings);
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
