// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.HConstants;
import org.apache.hadoop.hbase.LocalHBaseCluster;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.ColumnFamilyDescriptorBuilder;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.hadoop.hbase.client.TableDescriptorBuilder;
import org.apache.hadoop.hbase.zookeeper.MiniZooKeeperCluster;

/**
 * Runs ZooKeeper and HBase (one master, one region server) in this process, with their files in one
 * folder, and creates OpenTSDB's tables. Prints "ready HOST:PORT" of ZooKeeper, and ends when its
 * standard input does.
 *
 * <p>Usage: Storage FOLDER
 */
final class Storage {
  private Storage() {}

  public static void main(String[] args) throws Exception {
    endWith(System.in);
    File dir = new File(args[0]).getAbsoluteFile();
    Configuration conf = configuration(dir);

    MiniZooKeeperCluster zooKeeper = new MiniZooKeeperCluster(conf);
    int port = zooKeeper.startup(new File(dir, "zookeeper"));
    conf.setInt(HConstants.ZOOKEEPER_CLIENT_PORT, port);

    LocalHBaseCluster hbase = new LocalHBaseCluster(conf, 1, 1);
    hbase.startup();
    try (Connection connection = ConnectionFactory.createConnection(conf);
        Admin admin = connection.getAdmin()) {
      // The tables of OpenTSDB's src/create_table.sh, without compression.
      List<Future<Void>> tables =
          List.of(
              create(admin, "tsdb-uid", "id", "name"),
              create(admin, "tsdb", "t"),
              create(admin, "tsdb-tree", "t"),
              create(admin, "tsdb-meta", "name"));
      for (Future<Void> table : tables) {
        table.get();
      }
    }
    System.out.println("ready " + HConstants.LOCALHOST_IP + ":" + port);
    System.out.flush();
  }

  /** Ends this process when a stream does, in whatever state it is: nobody needs the files. */
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

  private static Configuration configuration(File dir) {
    Configuration conf = HBaseConfiguration.create();
    conf.set("hadoop.tmp.dir", new File(dir, "tmp").getPath());
    conf.set("hbase.tmp.dir", new File(dir, "tmp").getPath());
    conf.set(HConstants.HBASE_DIR, new File(dir, "hbase").toURI().toString());
    // Files of the local file system cannot be flushed as HDFS does it.
    conf.setBoolean("hbase.unsafe.stream.capability.enforce", false);
    conf.set("hbase.wal.provider", "filesystem");

    conf.set(HConstants.ZOOKEEPER_QUORUM, HConstants.LOCALHOST_IP);
    for (String role : List.of("master", "regionserver")) {
      conf.set("hbase." + role + ".ipc.address", HConstants.LOCALHOST_IP);
      conf.set("hbase.unsafe." + role + ".hostname", HConstants.LOCALHOST_IP);
      conf.setInt("hbase." + role + ".port", 0);
      conf.setInt("hbase." + role + ".info.port", -1);
    }
    // One region server is all there will be, and it reports soon.
    conf.setInt("hbase.master.wait.on.regionservers.mintostart", 1);
    conf.setInt("hbase.master.wait.on.regionservers.maxtostart", 1);
    conf.setInt("hbase.regionserver.msginterval", 100);
    conf.setInt("hbase.regionserver.handler.count", 5);
    conf.setInt("hbase.master.handler.count", 5);
    return conf;
  }

  private static Future<Void> create(Admin admin, String table, String... families) throws Exception {
    TableDescriptorBuilder descriptor = TableDescriptorBuilder.newBuilder(TableName.valueOf(table));
    for (String family : families) {
      descriptor.setColumnFamily(ColumnFamilyDescriptorBuilder.of(family));
    }
    return admin.createTableAsync(descriptor.build());
  }
}
