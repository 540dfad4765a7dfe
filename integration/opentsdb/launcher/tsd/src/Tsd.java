// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;

/**
 * Runs an OpenTSDB with a configuration file. Prints "ready" when it serves, and ends when its
 * standard input does.
 *
 * <p>Usage: Tsd CONFIGURATION
 */
final class Tsd {
  private Tsd() {}

  public static void main(String[] args) throws Exception {
    endWith(System.in);
    System.setIn(new ByteArrayInputStream(new byte[0])); // OpenTSDB closes it

    // The class is not public: OpenTSDB's script starts it.
    Method main = Class.forName("net.opentsdb.tools.TSDMain").getMethod("main", String[].class);
    main.setAccessible(true);
    main.invoke(null, (Object) new String[] {"--config=" + args[0]});
    System.out.println("ready");
    System.out.flush();
  }

  /** Ends this process when a stream does, in whatever state it is. */
  private static void endWith(InputStream in) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (in.read() >= 0) {}
              } catch (IOException e) {
                System.err.println(e);
              }
              Runtime.getRuntime().halt(0);
            });
    thread.setDaemon(true);
    thread.start();
  }
}
