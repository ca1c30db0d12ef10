using Busbar.Configuration.Binding;
using Busbar.Configuration.Yaml;
using Busbar.Import.Draft;

namespace Busbar.Import.LiteLlm;

/// <summary>Finds the provider of one deployment: vendor, address, key.</summary>
/// <param name="parameters">The deployment's <c>litellm_params</c>.</param>
/// <param name="plan">Takes notes and secrets.</param>
internal sealed class ProviderReader(ForeignMap parameters, ImportPlan plan)
{
    private static readonly (string Beginning, string Word)[] BareNames =
    [
        ("gpt-", "openai"), ("chatgpt-", "openai"), ("o1", "openai"), ("o3", "openai"), ("o4", "openai"), ("text-embedding-", "openai"),
        ("ft:", "openai"),
        ("claude-", "anthropic"), ("command-", "cohere"), ("gemini-", "vertex_ai"), ("anthropic.", "bedrock"), ("amazon.", "bedrock"),
        ("meta.", "bedrock"),
    ];

    // Servers of protocols of their own, which an address alone does not turn into OpenAI's.
    private static readonly string[] Strange =
    [
        "watsonx", "watsonx_text", "snowflake", "triton", "infinity", "sagemaker", "sagemaker_chat", "replicate", "predibase", "nlp_cloud", "petals",
        "oobabooga", "cloudflare", "clarifai", "voyage", "jina_ai", "aleph_alpha", "maritalk", "palm", "oci", "sap", "text-completion-openai",
        "text-completion-codestral", "azure_text", "ai21", "vertex_ai_agent", "bytez", "langgraph", "dify", "a2a", "fal_ai", "elevenlabs", "deepgram",
        "assemblyai", "topaz", "recraft", "runwayml",
    ];

    /// <summary>
    /// The name of the provider, which is in the draft then, the model's name there, and the provider's name in catalog and price list; null, with a
    /// note, when it cannot be served.
    /// </summary>
    public (string Provider, string Upstream, string Listed)? Read()
    {
        if (parameters.Required("model") is not { } model)
        {
            return null;
        }

        string? word = parameters.Text("custom_llm_provider");
        string rest = model;
        if (word is null)
        {
            int slash = model.IndexOf('/');
            word = slash > 0 && (Vendor.Of(model[..slash]) is not null || Strange.Contains(model[..slash]) || !parameters.Has("api_base"))
                ? model[..slash]
                : BareNames.FirstOrDefault(name => model.StartsWith(name.Beginning, StringComparison.Ordinal)).Word
                    ?? (parameters.Has("api_base") ? "openai" : null);
            rest = slash > 0 && model.StartsWith(word + "/", StringComparison.Ordinal) ? model[(slash + 1)..] : model;
        }

        if (model == "*")
        {
            plan.Note(Verdict.ByHand, parameters.At("model"), parameters.Where("model"),
                "any model of any vendor: a provider and its models are named one by one, or by a pattern such as 'openai/*'");
            return null;
        }

        if (word is null || Vendor.Of(word) is not { } vendor)
        {
            plan.Note(Verdict.Unsupported, parameters.At("model"), parameters.Where("model"),
                $"no provider is known for '{model}'; if it speaks a known protocol, add it under providers with protocol and base_url");
            return null;
        }

        (DraftProvider Provider, string Upstream)? found = vendor.Provider switch
        {
            "azure" => Azure(vendor, rest),
            "azure-ai" when rest.StartsWith("claude", StringComparison.Ordinal) => Azure(vendor, rest),
            "bedrock" => Bedrock(vendor, rest),
            "vertex" => Vertex(vendor, rest),
            _ => Plain(vendor, rest),
        };
        if (found is not var (provider, upstream))
        {
            return null;
        }

        parameters.Note("custom_llm_provider", Verdict.Exact, "the vendor of the provider");
        string name = plan.Config.Add(provider with { Headers = DraftWriter.Flow(Headers()) });
        if (upstream.Contains('*'))
        {
            plan.Note(
                Verdict.Approximate, parameters.At("model"), parameters.Where("model"),
                $"'{model}' stands for any model: those that the price list knows of '{vendor.Provider}' are named; add others under models");
            return (name, upstream, vendor.Provider);
        }

        plan.Note(Verdict.Exact, parameters.At("model"), parameters.Where("model"), $"the model '{upstream}' of the provider '{name}'");
        return (name, upstream, vendor.Provider);
    }

    private (DraftProvider, string)? Plain(Vendor vendor, string rest)
    {
        string name = vendor.Provider;
        if (name == "openai" && rest.StartsWith("responses/", StringComparison.Ordinal))
        {
            (name, rest) = ("responses", rest["responses/".Length..]);
        }

        string? address = Address("api_base") ?? Address("base_url");
        if (address is null && vendor.BaseUrl == "")
        {
            plan.Note(Verdict.ByHand, parameters.At("api_base"), parameters.Location, $"the address of '{name}' is missing: give it a base_url");
            address = $"https://{name}.invalid";
        }

        // Its router has the provider behind the model's name.
        if (name == "huggingface" && address is null && rest.Count(letter => letter == '/') > 1)
        {
            int slash = rest.IndexOf('/');
            rest = $"{rest[(slash + 1)..]}:{rest[..slash]}";
        }

        return (WithKey(VendorShape.Plain(vendor with { Provider = name }, address), vendor), rest);
    }

    private (DraftProvider, string)? Azure(Vendor vendor, string rest)
    {
        string address = Address("api_base") ?? Placeholder("api_base", "azure", "the resource's address, such as https://NAME.openai.azure.com");
        string version = parameters.Text("api_version") is { } text ? SecretReference.Resolve(text, plan) ?? "" : "";
        string deployment = rest.StartsWith("responses/", StringComparison.Ordinal) ? rest["responses/".Length..] : rest;
        bool isClaude = deployment.StartsWith("claude", StringComparison.Ordinal) && vendor.Provider == "azure-ai";
        DraftProvider provider = VendorShape.Azure(address, version, isClaude ? "anthropic" : deployment != rest ? "responses" : "openai");
        if (parameters.Has("api_version"))
        {
            plan.Note(Verdict.Exact, parameters.At("api_version"), parameters.Where("api_version"), isClaude ? "Claude has no api_version"
                : "api_version of the provider");
        }
        else if (!isClaude)
        {
            plan.Note(Verdict.Approximate, parameters.At("model"), parameters.Where("model"),
                "no api_version is given: the v1 API of the resource is called");
        }

        if (parameters.Has("tenant_id") && parameters.Has("client_id") && parameters.Text("client_secret") is { } secret)
        {
            string? variable = SecretReference.Variable(secret);
            if (variable is null)
            {
                plan.Variables[variable = "BUSBAR_AZURE_CLIENT_SECRET"] = secret;
            }

            parameters.Note("client_secret", Verdict.Exact, "identity of the provider: client_secret_env");
            return (provider with
            {
                Identity = DraftWriter.Flow([("type", "azure"), ("tenant_id", Said("tenant_id")), ("client_id", Said("client_id")),
                    ("client_secret_env", variable)]),
            }, deployment);
        }

        foreach (string key in (ReadOnlySpan<string>)["azure_ad_token", "tenant_id", "client_id", "client_secret", "azure_username",
            "azure_password"])
        {
            parameters.Note(key, Verdict.ByHand, "set identity of the provider (docs/azure.md), or have a token written to a file for api_key_file");
        }

        return (WithKey(provider, vendor), deployment);
    }

    private (DraftProvider, string)? Bedrock(Vendor vendor, string rest)
    {
        foreach (string route in (ReadOnlySpan<string>)["converse/", "invoke/", "converse_like/"])
        {
            rest = rest.StartsWith(route, StringComparison.Ordinal) ? rest[route.Length..] : rest;
        }

        string? region = parameters.Text("aws_region_name") is { } text ? SecretReference.Resolve(text, plan) : null;
        if (parameters.Has("aws_region_name"))
        {
            plan.Note(
                region is null ? Verdict.ByHand : Verdict.Exact, parameters.At("aws_region_name"), parameters.Where("aws_region_name"), region is null
                    ? "the variable is not set here: us-east-1 was taken; change base_url" : "part of base_url");
        }

        int slash = rest.IndexOf('/');
        if (slash > 0 && rest[..slash].Count(letter => letter == '-') >= 2 && !rest.StartsWith("arn:", StringComparison.Ordinal))
        {
            (region, rest) = (region ?? rest[..slash], rest[(slash + 1)..]);
        }

        string? endpoint = Address("aws_bedrock_runtime_endpoint") ?? Address("api_base");
        DraftProvider provider = VendorShape.Bedrock(region, endpoint);
        foreach (string key in (ReadOnlySpan<string>)["aws_web_identity_token", "aws_sts_endpoint"])
        {
            parameters.Note(key, Verdict.ByHand, "set token_file and role_arn of the provider's identity: docs/aws.md");
        }

        if (!parameters.Has("aws_role_name") && !parameters.Has("aws_profile_name"))
        {
            return (AwsKeys(provider) ?? (parameters.Has("api_key") || plan.Variable(vendor.Variable) is not null || provider.IsPrivate
                ? WithKey(provider, vendor) : provider with { Identity = "aws" }), rest);
        }

        foreach (string key in (ReadOnlySpan<string>)["aws_access_key_id", "aws_secret_access_key", "aws_session_token"])
        {
            parameters.Note(key, Verdict.ByHand, "the role is assumed with what the default chain finds: set AWS_ACCESS_KEY_ID and its like");
        }

        return (provider with
        {
            Identity = DraftWriter.Flow([("type", "aws"), ("role_arn", Said("aws_role_name")), ("session_name", Said("aws_session_name")),
                ("external_id", Said("aws_external_id")), ("profile", Said("aws_profile_name"))]),
        }, rest);
    }

    // A pair is one value here.
    private DraftProvider? AwsKeys(DraftProvider provider)
    {
        string? id = parameters.Text("aws_access_key_id");
        string? secret = parameters.Text("aws_secret_access_key");
        string? session = parameters.Text("aws_session_token");
        if (id is null || secret is null)
        {
            return null;
        }

        string? known = SecretReference.Resolve(id, plan);
        string? hidden = SecretReference.Resolve(secret, plan);
        string? token = session is null ? null : SecretReference.Resolve(session, plan);
        if (string.IsNullOrEmpty(known) || string.IsNullOrEmpty(hidden) || (session is not null && string.IsNullOrEmpty(token)))
        {
            plan.Note(Verdict.ByHand, parameters.At("aws_access_key_id"), parameters.Where("aws_access_key_id"),
                "set the variable BUSBAR_BEDROCK_KEY to ID:SECRET (ID:SECRET:TOKEN for temporary keys)");
            return provider with { KeyVariable = "BUSBAR_BEDROCK_KEY" };
        }

        foreach (string key in (ReadOnlySpan<string>)["aws_access_key_id", "aws_secret_access_key", "aws_session_token"])
        {
            parameters.Note(key, Verdict.Exact, "kept in a file that only its owner reads");
        }

        return provider with { KeyFile = plan.KeepSecret("bedrock", token is null ? $"{known}:{hidden}" : $"{known}:{hidden}:{token}") };
    }

    private (DraftProvider, string)? Vertex(Vendor vendor, string rest)
    {
        string? Named(string key) => parameters.Text(key) is { } text ? SecretReference.Resolve(text, plan) : null;
        string? project = Named("vertex_project") ?? Named("vertex_ai_project");
        string location = Named("vertex_location") ?? Named("vertex_ai_location") ?? "us-central1";
        foreach (string key in (ReadOnlySpan<string>)["vertex_project", "vertex_location", "vertex_ai_project", "vertex_ai_location"])
        {
            parameters.Note(key, Verdict.Exact, "project and location of the provider");
        }

        if (string.IsNullOrEmpty(project))
        {
            plan.Note(Verdict.ByHand, parameters.At("vertex_project"), parameters.Location,
                $"the project is not known here: replace {VendorShape.NoProject} in the configuration");
            project = VendorShape.NoProject;
        }

        (DraftProvider provider, string upstream) = VendorShape.Vertex(project, location, rest);
        return (parameters.Has("api_key") ? WithKey(provider, vendor) : provider with { Identity = Google() }, upstream);
    }

    // A file of a service account, its text, or what the default chain finds.
    private string Google()
    {
        string key = parameters.Has("vertex_credentials") ? "vertex_credentials" : "vertex_ai_credentials";
        if (parameters.Text(key) is not { } text)
        {
            return "google";
        }

        string? known = SecretReference.Resolve(text, plan);
        string? file = known is null ? null : known.TrimStart().StartsWith('{') ? plan.KeepSecret("google", known)
            : File.Exists(known) ? Path.GetFullPath(known) : null;
        plan.Note(file is null ? Verdict.ByHand : Verdict.Exact, parameters.At(key), parameters.Where(key), file is null
            ? "there is no such file here: name it in credentials_file of the provider's identity" : "identity of the provider: credentials_file");
        return file is null ? "google" : DraftWriter.Flow([("type", "google"), ("credentials_file", file)])!;
    }

    // A part of the provider's identity.
    private string? Said(string key)
    {
        if (parameters.Text(key) is not { } value)
        {
            return null;
        }

        bool isKnown = SecretReference.Resolve(value, plan) is { Length: > 0 };
        plan.Note(isKnown ? Verdict.Exact : Verdict.ByHand, parameters.At(key), parameters.Where(key), isKnown ? "identity of the provider"
            : "its variable is not set here: write it into identity of the provider");
        return isKnown ? Spoken(value) : null;
    }

    // A variable stays one in the configuration.
    private static string? Spoken(string? value) => value is not null && SecretReference.Variable(value) is { } name ? $"${{{name}}}" : value;

    private DraftProvider WithKey(DraftProvider provider, Vendor vendor)
    {
        if (parameters.Text("api_key") is not { } key)
        {
            return provider.IsPrivate ? provider : provider with { KeyVariable = vendor.Variable };
        }

        if (SecretReference.Variable(key) is { } variable)
        {
            plan.Note(Verdict.Exact, parameters.At("api_key"), parameters.Where("api_key"), $"api_key_env: {variable}");
            return provider with { KeyVariable = variable };
        }

        plan.Note(Verdict.Exact, parameters.At("api_key"), parameters.Where("api_key"), "kept in a file that only its owner reads");
        return provider with { KeyFile = plan.KeepSecret(provider.Name, key) };
    }

    private string? Address(string key)
    {
        if (parameters.Text(key) is not { } text)
        {
            return null;
        }

        string? variable = SecretReference.Variable(text);
        if (SecretReference.Resolve(text, plan) is not { Length: > 0 } known)
        {
            plan.Note(Verdict.ByHand, parameters.At(key), parameters.Where(key),
                $"the variable {variable} is not set here: write its value as base_url, or import again where it is set");
            return $"https://set-{VendorShape.Word(variable ?? key)}.invalid";
        }

        // Where servers listen; the loopback is where they are called.
        known = known.Split('?')[0].TrimEnd('/').Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal);
        if (VendorShape.Refusal(known) is { } reason)
        {
            plan.Note(Verdict.ByHand, parameters.At(key), parameters.Where(key), $"not an address that Busbar calls: {reason}");
            return "https://address-refused.invalid";
        }

        plan.Note(Verdict.Exact, parameters.At(key), parameters.Where(key), variable is null ? "base_url"
            : $"base_url, with the value that {variable} has now");
        return known;
    }

    private string Placeholder(string key, string word, string what)
    {
        plan.Note(Verdict.ByHand, parameters.At(key), parameters.Location, $"missing: write {what}, as base_url");
        return $"https://{word}.invalid";
    }

    private List<(string, string?)> Headers()
    {
        List<(string, string?)> headers = [];
        if (parameters.Take("organization") is YamlList organizations)
        {
            plan.Note(Verdict.ByHand, parameters.At("organization"), organizations.Location,
                "one deployment for each: name a provider for each, with headers: { OpenAI-Organization: ... }");
        }
        else
        {
            Add(parameters, "organization", "OpenAI-Organization");
        }

        if (parameters.Map("extra_headers") is { } extra)
        {
            foreach (string name in extra.Names.ToArray())
            {
                Add(extra, name, name);
            }
        }

        return headers;

        void Add(ForeignMap place, string key, string header)
        {
            if (place.Text(key) is not { } value)
            {
                return;
            }

            bool isKnown = SecretReference.Resolve(value, plan) is { } known && ProviderHeaders.MayHold(header, known)
                && !value.Contains("${", StringComparison.Ordinal);
            plan.Note(isKnown ? Verdict.Exact : Verdict.ByHand, place.At(key), place.Where(key), isKnown ? $"headers: {header}"
                : $"write it under headers of the provider, as {header}, where it may stand there and its variable is set");
            if (isKnown && !headers.Exists(other => string.Equals(other.Item1, header, StringComparison.OrdinalIgnoreCase)))
            {
                headers.Add((header, Spoken(value)));
            }
        }
    }
}
