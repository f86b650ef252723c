import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, appendFileSync, chmodSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { storageFailure } from "#local/kernel/index.ts";

/** A small file system of its own. */
export interface SmallDisk {
  directory: string;
  fill(): void;
  /** Deletes what fills it. */
  free(): void;
  remove(): void;
}

/** An ext4 file system, which the kernel makes read-only when it finds an error, as on a disk that fails. */
export interface FailingDisk extends SmallDisk {
  /** From now on it is read-only. */
  fail(): void;
  /** Unmounts, repairs and mounts it. */
  repair(): void;
}

/** Undefined where mounting is not permitted. */
export function mountSmallDisk(size: string): SmallDisk | undefined {
  const directory = newDirectory();
  try {
    run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory);
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
  chmodSync(directory, 0o755);
  return diskIn(directory);
}

/** Undefined where loop devices are not permitted. */
export function mountFailingDisk(size: string): FailingDisk | undefined {
  const directory = newDirectory();
  const image = `${directory}.ext4`;
  const mount = () => run("mount", "-o", "loop,errors=remount-ro", image, directory);
  const errorFile = () => {
    const device = path.basename(run("findmnt", "--noheadings", "--output", "SOURCE", directory));
    return `/sys/fs/ext4/${device}/trigger_fs_error`;
  };
  const disk = diskIn(directory);
  const remove = () => {
    disk.remove();
    rmSync(image, { force: true });
  };
  try {
    run("truncate", "--size", size, image);
    run("mkfs.ext4", "-q", "-m", "0", image);
    mount();
    accessSync(errorFile(), constants.W_OK);
  } catch {
    remove();
    return undefined;
  }
  return {
    ...disk,
    remove,
    fail() {
      run("sync", "--file-system", directory); // without it, it would also be a power failure
      writeFileSync(errorFile(), "failed by the test");
    },
    repair() {
      run("umount", directory);
      spawnSync("fsck.ext4", ["-y", "-f", image], { stdio: "ignore" }); // exit code 1: errors were corrected
      mount();
    },
  };
}

function diskIn(directory: string): SmallDisk {
  const filler = path.join(directory, "filler");
  return {
    directory,
    fill() {
      for (const bytes of [1_048_576, 65_536, 4096, 1]) {
        try {
          for (;;) appendFileSync(filler, "x".repeat(bytes));
        } catch (error) {
          if (storageFailure(error) === undefined) throw error;
        }
      }
    },
    free: () => writeFileSync(filler, ""),
    remove() {
      spawnSync("umount", ["--lazy", directory], { stdio: "ignore" });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const newDirectory = () => mkdtempSync(path.join(tmpdir(), "lockstep-disk-"));

const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
