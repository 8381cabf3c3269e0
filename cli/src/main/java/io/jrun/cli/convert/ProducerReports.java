package io.jrun.cli.convert;

import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.progress.Phase;
import io.jrun.image.share.ProducerProgress;
import io.jrun.image.share.SharedImages;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Shows those who wait for this process how far it is. */
final class ProducerReports implements ImportListener {

    private final SharedImages images;
    private final AtomicLong converted = new AtomicLong();
    private volatile String doing = "";
    private volatile long totalInBytes;

    ProducerReports(SharedImages images) {
        this.images = images;
    }

    private void report() {
        images.report(new ProducerProgress(doing, Math.min(converted.get(), totalInBytes), totalInBytes));
    }

    @Override
    public void phaseBegan(Phase phase, String phrase) {
        doing = phrase;
        report();
    }

    @Override
    public void layersKnown(List<LayerSize> layers) {
        totalInBytes = layers.stream().mapToLong(LayerSize::sizeInBytes).sum();
        report();
    }

    @Override
    public void bytesConverted(int layer, long sizeInBytes) {
        converted.addAndGet(sizeInBytes);
        report();
    }

    @Override
    public void ended() {}
}
