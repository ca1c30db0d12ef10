using Busbar.Reliability;
using Busbar.Wire.Json;

namespace Busbar.Gateway.OwnAnswers;

/// <summary>
/// The model list as Codex asks for it (<c>?client_version=</c>; <c>ModelsResponse</c> of its protocol crate), which says how to work with each
/// model. The models of OpenAI are left out: Codex comes with better entries for them, which these would replace.
/// </summary>
internal static class CodexModels
{
    private const string Instructions =
        "You are a coding agent that works in the user's terminal. Do what the user asks, completely, with the tools you are given: read the code " +
            "before you "
        + "change it, make the smallest change that solves the problem at its root, keep to the style of the project, and check your work with its " +
            "tests or build "
        + "where you can. Change files with apply_patch when it is there. Do not undo changes that you did not make, and ask before anything that " +
            "cannot be undone. "
        + "When you are done, say shortly what you did and what is left.";

    private static readonly string[] Efforts = ["low", "medium", "high"];

    /// <summary>Writes the list.</summary>
    public static void Write(IReadOnlyList<Pool> models, JsonWriter output)
    {
        output.StartObject();
        output.StartArray("models"u8);
        int priority = 0;
        foreach (Pool model in models)
        {
            if (!IsOwn(model.Name))
            {
                output.StartObject();
                WriteMembers(model, priority++, output);
                output.EndObject();
            }
        }

        output.EndArray();
        output.EndObject();
    }

    private static bool IsOwn(string name) => name.StartsWith("gpt-", StringComparison.Ordinal)
        || name.StartsWith("codex-", StringComparison.Ordinal);

    private static void WriteMembers(Pool model, int priority, JsonWriter output)
    {
        output.String("slug"u8, model.Name);
        output.String("display_name"u8, model.Name);
        output.Null("description"u8);
        output.Literal("default_reasoning_level"u8, "medium"u8);
        output.StartArray("supported_reasoning_levels"u8);
        foreach (string effort in Efforts)
        {
            output.StartObject();
            output.String("effort"u8, effort);
            output.String("description"u8, effort);
            output.EndObject();
        }

        output.EndArray();
        output.Literal("shell_type"u8, "shell_command"u8);
        output.Literal("visibility"u8, "list"u8);
        output.Bool("supported_in_api"u8, true);
        output.Number("priority"u8, priority);
        output.Null("upgrade"u8);
        output.String("base_instructions"u8, Instructions);
        output.Bool("supports_reasoning_summaries"u8, true);
        output.Bool("support_verbosity"u8, false);
        output.Null("default_verbosity"u8);
        output.Literal("apply_patch_tool_type"u8, "freeform"u8);
        output.StartObject("truncation_policy"u8);
        output.Literal("mode"u8, "tokens"u8);
        output.Number("limit"u8, 10_000);
        output.EndObject();
        output.Bool("supports_parallel_tool_calls"u8, true);
        if (ModelListing.ContextOf(model) is { } context)
        {
            output.Number("context_window"u8, context);
        }

        output.Raw("experimental_supported_tools"u8, "[]"u8);
        output.Raw("input_modalities"u8, """["text","image"]"""u8);
    }
}
