namespace Busbar.Admin;

/// <summary>A refusal. The message never holds anything of the request's body.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable word for programs.</param>
/// <param name="Message">What is wrong and what helps, for people.</param>
internal readonly record struct AdminError(int Status, string Code, string Message)
{
    /// <summary>The class of error that the status stands for.</summary>
    public string Type => Status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };

    /// <summary>Something about the request is wrong: 400.</summary>
    public static AdminError Invalid(string message, string code = "invalid_value") => new(400, code, message);

    /// <summary>There is no such thing: 404.</summary>
    public static AdminError NotFound(string message) => new(404, "not_found", message);
}
