package io.jrun.image.share;

/**
 * How far a producer is.
 *
 * @param doing a phrase
 * @param doneInBytes never above {@code totalInBytes}; both are 0 while nothing is known
 */
public record ProducerProgress(String doing, long doneInBytes, long totalInBytes) {

    static final ProducerProgress STARTING = new ProducerProgress("starting", 0, 0);

    public ProducerProgress {
        doing = doing.replaceAll("\\p{Cntrl}", "?");
    }
}
