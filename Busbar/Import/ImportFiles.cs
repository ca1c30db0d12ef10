using System.Text;
using Busbar.Governance.Groups;
using Busbar.Governance.Store;
using Busbar.Import.Draft;

namespace Busbar.Import;

/// <summary>Writes what an import made: files that only their owner reads, in a folder that had none of them.</summary>
internal static class ImportFiles
{
    /// <summary>The configuration.</summary>
    public const string Config = "config.yaml";

    /// <summary>Groups and keys.</summary>
    public const string Database = "governance.db";

    /// <summary>What became of each setting.</summary>
    public const string Report = "import.txt";

    /// <summary>Variables for <c>--env-file</c>.</summary>
    public const string Environment = "environment";

    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>A file in <paramref name="folder"/> that an import would have to replace; null when there is none.</summary>
    public static string? Taken(string folder) =>
        new[] { Config, Database, Report, Environment }.Select(name => Path.Combine(folder, name)).FirstOrDefault(Path.Exists);

    /// <summary>
    /// Writes everything but the configuration, which <paramref name="config"/> is the text of, last. Throws <see cref="IOException"/> or
    /// <see cref="StoreException"/>.
    /// </summary>
    public static void Write(ImportPlan plan, string config, string report, TimeProvider time)
    {
        Directory.CreateDirectory(plan.Folder, Owner | UnixFileMode.UserExecute);
        if (plan.SecretFiles.Count > 0)
        {
            string secrets = Directory.CreateDirectory(Path.Combine(plan.Folder, "secrets"), Owner | UnixFileMode.UserExecute).FullName;
            foreach ((string name, string secret) in plan.SecretFiles)
            {
                Write(Path.Combine(secrets, name), secret + "\n");
            }
        }

        if (plan.Variables.Count > 0)
        {
            Write(Path.Combine(plan.Folder, Environment), string.Concat(plan.Variables.Select(pair => $"{pair.Key}={Quote(pair.Value)}\n")));
        }

        if (plan.Config.AdminToken is not null)
        {
            Store(plan, time);
        }

        Write(Path.Combine(plan.Folder, Report), report);
        Write(Path.Combine(plan.Folder, Config), config);
    }

    private static void Store(ImportPlan plan, TimeProvider time)
    {
        using SqliteStore store = SqliteStore.Open(Path.Combine(plan.Folder, Database), time);
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        List<LimitUsage> used = [];
        foreach (DraftGroup draft in plan.Groups)
        {
            store.InsertGroup(draft.Group);
            used.AddRange(Used(draft.Group.Id, draft.Group.Limits, draft.SpentNanos, now));
        }

        List<WindowUsage> windows = [];
        foreach (DraftKey draft in plan.Keys)
        {
            if (!store.Insert(draft.Key))
            {
                throw new StoreException($"the key '{draft.Key.Name}' cannot be stored: another key has the same hash");
            }

            used.AddRange(Used(draft.Key.Id, draft.Key.Limits, draft.SpentNanos, now));
            windows.Add(new WindowUsage(draft.Key.Id, Governance.Budgets.BudgetWindow.StartOf(draft.Key.Period, now), draft.SpentNanos, 0, 0));
        }

        store.Put(used);
        store.Add(windows, []);
    }

    // Budgets of one model or pool have counts of their own, which nobody told.
    private static IEnumerable<LimitUsage> Used(string owner, IReadOnlyList<Limit> limits, long spent, long now) =>
        from limit in limits
        where spent > 0 && limit is { Kind: LimitKind.Budget, Scope: null }
        select new LimitUsage(owner, limit.Key, new LimitClock(limit).At(now).Start, spent);

    private static string Quote(string value)
        => $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static void Write(string path, string text)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Owner });
        file.Write(Encoding.UTF8.GetBytes(text));
    }
}
