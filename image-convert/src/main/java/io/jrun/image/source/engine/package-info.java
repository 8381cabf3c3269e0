/**
 * Images that Docker or Podman keep on this machine, as the archive that the engine makes of them. Knows how to ask an
 * engine, and not what the archive holds.
 */
package io.jrun.image.source.engine;
