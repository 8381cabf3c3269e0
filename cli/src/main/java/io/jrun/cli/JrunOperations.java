package io.jrun.cli;
import io.jrun.cli.progress.ImportListener;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.*;
/** x. */
final class JrunOperations implements Operations {
  JrunOperations(Map<String,String> e) {}
  @Override public ImportResult importImage(ImportRequest request, ImportListener listener) throws IOException { throw new IOException("x"); }
  @Override public String createContainer(Path imageFile, Optional<String> name, Replacement replacement) throws IOException{ throw new IOException("x"); }
  @Override public List<ContainerSummary> containers() throws IOException{ throw new IOException("x"); }
  @Override public void removeContainer(String name) throws IOException{ throw new IOException("x"); }
  @Override public JsonValue inspect(String fileOrName) throws IOException{ throw new IOException("x"); }
}
