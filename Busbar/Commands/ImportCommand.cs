using System.Text;
using Busbar.Commands.Remote;
using Busbar.Configuration;
using Busbar.Configuration.Binding;
using Busbar.Configuration.Yaml;
using Busbar.Governance.Store;
using Busbar.Import;
using Busbar.Import.Bifrost;
using Busbar.Import.Draft;
using Busbar.Import.LiteLlm;
using Busbar.Import.Portkey;
using Busbar.Import.Sql;

namespace Busbar.Commands;

/// <summary><c>busbar import</c>: makes a configuration, groups and keys of another gateway's.</summary>
internal static class ImportCommand
{
    private const string DefaultFolder = "busbar-import";

    /// <summary>Writes a folder and says what became of each setting.</summary>
    /// <returns>0, 1 when something cannot be read or written, 2 for arguments that make no sense.</returns>
    public static int Run(string[] arguments, IEnvironment environment, TimeProvider time, TextWriter output, TextWriter error)
    {
        AdminArguments? parsed = AdminArguments.Parse(arguments.AsSpan(1), ["--database", "--out"], [], out string problem);
        if (parsed?.WantsHelp == true)
        {
            output.Write(HelpText.Text);
            return 0;
        }

        if (parsed is not { Words: ["litellm" or "bifrost" or "portkey", _] words } || (parsed.Has("--database") && words[0] != "litellm"))
        {
            string needed = parsed?.Has("--database") == true && parsed.Words.Count == 2 ? "--database is for litellm alone"
                : "takes litellm, bifrost or portkey, and a file";
            error.WriteLine($"busbar import: {(problem.Length > 0 ? problem : needed)}; see busbar --help");
            return 2;
        }

        string folder = Path.GetFullPath(parsed.Last("--out") ?? DefaultFolder);
        if (ImportFiles.Taken(folder) is { } taken)
        {
            error.WriteLine($"busbar import: {taken} is there already, and nothing is replaced: name another folder with --out");
            return 1;
        }

        var plan = new ImportPlan(environment, folder);
        Read(words[0], words[1], parsed.Last("--database"), plan, time);
        plan.CheckNames();
        ConfigProblem[] problems = [.. plan.Report.Problems.Where(found => found.Severity == ProblemSeverity.Error)];
        if (problems.Length > 0)
        {
            foreach (ImportNote note in plan.Notes.Where(note => note.Verdict is Verdict.ByHand or Verdict.Unsupported))
            {
                error.Write(ImportTexts.Lines([note]).Split('\n')[0] + '\n');
            }

            foreach (ConfigProblem found in problems)
            {
                error.WriteLine(found);
            }

            error.WriteLine($"{words[1]}: {problems.Length} error(s); nothing was written");
            return 1;
        }

        return Write(plan, words[1], parsed.Has("--json"), environment, time, output, error);
    }

    private static void Read(string kind, string file, string? database, ImportPlan plan, TimeProvider time)
    {
        int before = plan.Report.Problems.Count;
        YamlNode? root = ConfigFile.ReadYaml(file, "name a file that can be read", plan.Report, merges: true);
        if (root is not YamlMap map)
        {
            if (plan.Report.Problems.Count == before)
            {
                plan.Report.Error("", root?.Location ?? new SourceLocation(file, 0, 0), "not a configuration: it must be a mapping");
            }

            return;
        }

        SqlDump? dump = null;
        try
        {
            dump = database is null ? null : SqlDump.Open(database, KeyTables.Names);
        }
        catch (SqlException problem)
        {
            plan.Report.Error("", new SourceLocation(database!, problem.Line, 1), problem.Message);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            plan.Report.Error("", $"cannot read the file '{database}': {problem.Message}");
        }

        switch (kind)
        {
            case "litellm":
                LiteLlmImport.Read(map, dump, plan, time);
                break;
            case "bifrost":
                BifrostImport.Read(map, plan, time);
                break;
            default:
                PortkeyImport.Read(map, Path.GetFileNameWithoutExtension(file), plan);
                break;
        }
    }

    private static int Write(ImportPlan plan, string file, bool asJson, IEnvironment environment, TimeProvider time, TextWriter output,
        TextWriter error)
    {
        string report = ImportTexts.Lines(plan.Notes);
        string config = DraftWriter.Write(plan.Config, plan.Folder, Path.GetFileName(file));
        try
        {
            ImportFiles.Write(plan, config, report, time);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or StoreException)
        {
            error.WriteLine($"busbar import: {problem.Message}");
            return 1;
        }

        output.Write(asJson ? ImportTexts.Json(plan.Notes) + '\n' : report);
        string path = Path.Combine(plan.Folder, ImportFiles.Config);
        string variables = plan.Variables.Count > 0 ? $" --env-file {Path.Combine(plan.Folder, ImportFiles.Environment)}" : "";

        // What no rule foresaw is told now and not at the first start.
        foreach (ConfigProblem problem in ConfigLoader.Load(new ConfigSources(path, null), new ImportedEnvironment(plan, environment)).Errors)
        {
            error.WriteLine(problem);
        }

        error.WriteLine(
            $"wrote {plan.Folder}: {plan.Config.Providers.Count} providers, {plan.Config.Models.Count} models, {plan.Config.Pools.Count} " +
            $"pools, {plan.Groups.Count} groups, {plan.Keys.Count} keys");
        error.WriteLine($"next: busbar --validate --config {path}{variables}");
        return 0;
    }

    private sealed class ImportedEnvironment(ImportPlan plan, IEnvironment environment) : IEnvironment
    {
        public string? Get(string name) => plan.Variables.GetValueOrDefault(name) ?? environment.Get(name);
    }
}
